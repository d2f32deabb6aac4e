"""The commands of `convcost`, one file each. They take options and call the rooms below; they compute nothing."""
