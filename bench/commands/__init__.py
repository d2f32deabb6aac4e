"""The commands of `convcost`, one file each: a command takes options, calls other folders and computes nothing."""
