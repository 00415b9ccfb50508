#!/usr/bin/env python3
"""data.py KIND SEED SIZE: made-up data that looks like real data, the same bytes from the same numbers.

  genome      FASTA, SIZE bases on two chromosomes, with repeats
  reads       FASTA of a genome on standard input, SIZE read pairs: reads_1.fq and reads_2.fq, of a sample that
              differs from the genome here and there
  alignments  FASTA of a genome on standard input, SIZE reads: unsorted SAM, some of them duplicates
  weather     CSV: SIZE daily measurements of stations, with gaps
  names       SIZE lines of names in several scripts, unsorted
"""
import random
import sys

# random.Random(seed).random() is the same in every version of Python; the other methods are not.
BASES = "ACGT"


class Source:
    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, limit):
        return int(self.random() * limit)

    def one_of(self, items):
        return items[self.below(len(items))]

    def normal(self, mean, deviation):
        return mean + deviation * (sum(self.random() for _ in range(12)) - 6)


def genome(source, size):
    for number, length in enumerate((size * 2 // 3, size - size * 2 // 3), 1):
        bases = []
        while len(bases) < length:
            if len(bases) > 1000 and source.random() < 0.001:
                start = source.below(len(bases) - 300)
                bases.extend(bases[start : start + 300])
            elif source.random() < 0.0005:
                bases.extend(source.one_of(BASES) * (6 + source.below(6)))
            else:
                bases.append(source.one_of(BASES))
        sequence = "".join(bases[:length])
        print(f">chr{number}")
        for start in range(0, length, 60):
            print(sequence[start : start + 60])


def read_genome():
    sequences = {}
    for line in sys.stdin:
        if line.startswith(">"):
            name = line[1:].strip()
            sequences[name] = []
        else:
            sequences[name].append(line.strip())
    return {name: "".join(lines) for name, lines in sequences.items()}


def mutated(source, sequence):
    changed = []
    for base in sequence:
        dice = source.random()
        if dice < 0.001:
            base = source.one_of([other for other in BASES if other != base])
        elif dice < 0.0011:
            base = ""
        elif dice < 0.0012:
            base += source.one_of(BASES)
        changed.append(base)
    return "".join(changed)


def reverse_complement(sequence):
    return sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))


def sequenced(source, sequence):
    read = [source.one_of(BASES) if source.random() < 0.004 else base for base in sequence]
    quality = "".join(chr(33 + 28 + source.below(12) - 10 * at // len(read)) for at in range(len(read)))
    return "".join(read), quality


def reads(source, size):
    haplotypes = [mutated(source, sequence) for sequence in read_genome().values() for _ in range(2)]
    with open("reads_1.fq", "w") as first, open("reads_2.fq", "w") as second:
        for number in range(size):
            haplotype = source.one_of(haplotypes)
            insert = max(220, int(source.normal(350, 40)))
            start = source.below(len(haplotype) - insert)
            fragment = haplotype[start : start + insert]
            if source.random() < 0.5:
                fragment = reverse_complement(fragment)
            for file, sequence in ((first, fragment[:100]), (second, reverse_complement(fragment)[:100])):
                file.write("@read%d\n%s\n+\n%s\n" % (number, *sequenced(source, sequence)))


def alignments(source, size):
    sequences = read_genome()
    print("@HD\tVN:1.6\tSO:unsorted")
    for name, sequence in sequences.items():
        print(f"@SQ\tSN:{name}\tLN:{len(sequence)}")
    print("@RG\tID:one\tSM:sample")
    before = None
    for number in range(size):
        name = source.one_of(list(sequences))
        start = source.below(len(sequences[name]) - 100)
        flag = 16 if source.random() < 0.5 else 0
        if before is not None and source.random() < 0.05:
            name, start, flag = before
        before = name, start, flag
        place = f"{flag}\t{name}\t{start + 1}\t{20 + source.below(41)}\t100M"
        read, quality = sequenced(source, sequences[name][start : start + 100])
        print(f"r{number}\t{place}\t*\t0\t0\t{read}\t{quality}\tRG:Z:one")


def weather(source, size):
    stations = [("ST%03d" % number, source.normal(9, 4), 50 + source.below(1500)) for number in range(40)]
    print("station,altitude,day,temperature,rain")
    for number in range(size):
        station, mean, altitude = stations[number % len(stations)]
        day = number // len(stations)
        season = -abs((day % 365) - 182) / 182 * 16 + 8
        temperature = "%.2f" % (mean + season + source.normal(0, 3) - altitude / 200) if source.random() > 0.01 else "NA"
        rain = "%.1f" % max(0, source.normal(-1, 4))
        print(f"{station},{altitude},{day},{temperature},{rain}")


def names(source, size):
    syllables = "ba be do ér ßa öl Ka ki Lu na ñe ol ŕi ša Ti žu \u03b1\u03b2 \u0436\u0438 \u4e2d \U0001f40c".split()
    for _ in range(size):
        print("".join(source.one_of(syllables) for _ in range(2 + source.below(4))), source.below(1000))


def main():
    kinds = {"genome": genome, "reads": reads, "alignments": alignments, "weather": weather, "names": names}
    if len(sys.argv) != 4 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    sys.stdout.reconfigure(encoding="utf-8")
    kinds[sys.argv[1]](Source(int(sys.argv[2])), int(sys.argv[3]))


main()
