# shellcheck shell=bash
# A new cluster that is formed from the state of one manager.

# force_swarm ADDRESS SECONDS [CALL]: forms it; false with the reason in reply. CALL: calls another Docker engine than this host's, in
# the way of `engine` (lib/engine.sh).
#
# The Docker engine merges what it is given into the swarm's settings, and what it isn't given, too: autolock would be off, and a CA
# that was ever rotated would be rotated again (moby, daemon/cluster/convert/swarm.go). It refuses these, after it has formed the swarm.
force_swarm() {
  local settings='{ "CAConfig": { "ExternalCAs": [{ "Protocol": "leave-all-settings" }] } }'
  "${3-engine}" POST /swarm/init "$2" <<<"{
    \"ForceNewCluster\": true, \"ListenAddr\": \"$1:2377\", \"AdvertiseAddr\": \"$1:2377\", \"Spec\": $settings
  }" || [[ $reply == *leave-all-settings* ]]
}

# decrypted FOLDER: puts the input's nodeKey, the node's own key decrypted, into a swarm's state. The Docker engine's forced start
# takes no unlock key (moby 36852). As the leader it encrypts the file again.
decrypted() {
  if [ -n "$(optional nodeKey)" ]; then value nodeKey | write_file "$1/certificates/swarm-node.key" 0600 || true; fi
}
