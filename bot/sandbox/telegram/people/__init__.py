"""The people side: what somebody in a chat can do and see, over HTTP."""
