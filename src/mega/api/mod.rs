//! Commands of the MEGA API, typed, and the queue that carries them.
