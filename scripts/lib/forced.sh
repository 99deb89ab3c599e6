# shellcheck shell=bash
# A new cluster that is formed from the state of one manager.

# The Docker engine merges what it is given into the swarm's settings, and what it isn't given, too: autolock would be off, and a CA
# that was ever rotated would be rotated again (moby, daemon/cluster/convert/swarm.go). It refuses this, after it has formed the swarm.
# shellcheck disable=SC2034 # read by those who force
keep_settings='{ "CAConfig": { "ExternalCAs": [{ "Protocol": "leave-all-settings" }] } }'

# decrypted FOLDER: puts the input's nodeKey, the node's own key decrypted, into a swarm's state. The Docker engine's forced start
# takes no unlock key (moby 36852). As the leader it encrypts the file again.
decrypted() {
  if [ -n "$(optional nodeKey)" ]; then value nodeKey | write_file "$1/certificates/swarm-node.key" 0600 || true; fi
}
