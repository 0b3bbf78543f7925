"""The demo shop at ``/demo``: a small shop that uses this box as any shop would, and shows how."""
