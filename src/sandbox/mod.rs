//! A MEGA-protocol server on this machine. It shares no code with the client.
