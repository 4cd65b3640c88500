"""What is packed: zip, tar and web archives, unpacked within limits, a member at a time."""
