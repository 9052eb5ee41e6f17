//! News about the machine: its addresses or default route changed, or it slept.
