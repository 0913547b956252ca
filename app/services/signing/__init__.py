"""Electronic signatures on PDF (PAdES): keys that live for one request, signing, and what a signed file is worth."""
