# A web application: tells who asks and which node answers. With --check it asks itself whether all is well.
use strict;
use warnings;
use IO::Socket::INET;

if (@ARGV) {
    my $self = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8080", Timeout => 1) or exit 1;
    print $self "GET /health HTTP/1.0\r\n\r\n";
    exit((<$self> // "") =~ / 200 / ? 0 : 1);
}

# Told to stop, it serves on for as long as an ingress may still send requests: each looks once a second.
my $end;
$SIG{TERM} = sub { $end //= time + 5 };
$SIG{CHLD} = "IGNORE";

my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 256, ReuseAddr => 1) or die "port 8080: $@";
until (defined $end && time >= $end) {
    vec(my $ready = "", fileno $server, 1) = 1;
    next unless select($ready, undef, undef, 0.5) > 0;
    my $client = $server->accept or next;
    defined(my $child = fork) or next;
    answer($client), exit if $child == 0;
}

sub answer {
    my ($client) = @_;
    alarm 10;
    my %header;
    return unless defined(my $request = <$client>);
    while (defined(my $line = <$client>)) {
        last if $line =~ /^\r?\n$/;
        $header{lc $1} = $2 if $line =~ /^([^:]+):\s*(.*?)\s*$/;
    }
    my $who = $header{"x-forwarded-for"} // $client->peerhost;
    my $body = "Hello $who, this is $ENV{HOSTNAME} on $ENV{NODE}.\n";
    print $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ", length $body,
        "\r\nConnection: close\r\n\r\n", $body;
}
