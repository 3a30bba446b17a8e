"""The Bot API's methods. Each takes the sandbox and the call's parameters, and gives the `result`."""
