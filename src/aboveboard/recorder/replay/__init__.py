"""A person's own data, sent long ago, shown again on their own laptop: fetched sealed, opened here with their own key.

Not in a page of the server's: whoever sends a page could send a script that takes the key along, and the employer runs
that server.
"""
