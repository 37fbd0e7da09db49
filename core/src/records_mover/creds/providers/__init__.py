"""The credentials providers that come with the core: plugins, each a module with one hook."""
