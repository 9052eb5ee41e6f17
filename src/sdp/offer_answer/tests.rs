//! Two ends agree, and what happens when they cannot.
