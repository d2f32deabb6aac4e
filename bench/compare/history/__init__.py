"""Runs of one machine over time: where did a row become slower or faster, and what changed then?"""
