"""The order in which a program meets its objects when it keeps them in a set."""


class Sample:
    def __init__(self, name):
        self.name = name


# So many that the table is larger than a page: addresses are random from there on.
samples = {Sample("s%d" % number) for number in range(20000)}
print([sample.name for sample in samples][:30])
