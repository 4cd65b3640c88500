"""The laws the code keeps, a folder a package; what they share is in `support`."""
