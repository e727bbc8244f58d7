def make(folder, plan, study):
    pass
