"""Recordings made elsewhere (video, sound, CAN log, heart CSV) as one stream of samples in time order."""
