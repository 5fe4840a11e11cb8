"""Text that users write and servers say: pure, in linear time; no socket, no clock, no session."""
