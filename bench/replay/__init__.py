"""Do the actions of a built dataset, done again on a fresh copy of the same task, end where the person ended?"""
