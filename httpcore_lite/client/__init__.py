"""What a session decides: it knows requests' objects and no socket, and is loaded when it is first needed."""
