use strict;
use warnings;
my %days;
while (my $line = <>) {
    my ($station, undef, undef, $temperature) = split /,/, $line;
    $days{$station}++ if $temperature ne 'NA';
}
print join(' ', %days), "\n";
