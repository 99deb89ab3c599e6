# shellcheck shell=bash
# Whether the tasks of leaving nodes fit on the others: the scheduler's decision after the drain, computed before it.

# The rules of swarmkit's scheduler (manager/scheduler/filter.go) in its order: ready and active, reservations,
# constraints, platform, host ports, replicas per node. What is left out (generic resources, plugins, cluster volumes,
# constraints on address ranges) counts as met, and the drain itself finds it.
# shellcheck disable=SC2016 # a jq program
room_program='
  def folded: tostring | ascii_downcase;
  def architecture: folded | if . == "x86_64" then "amd64" elif . == "aarch64" then "arm64" else . end;
  def port: "\(.PublishedPort)/\(.Protocol // "tcp")";
  # What a constraint compares; null where it can not be told here.
  def fact($key; $node):
    ($key | ascii_downcase) as $known
    | if $known == "node.id" then $node.id
      elif $known == "node.hostname" then $node.name
      elif $known == "node.role" then $node.role
      elif $known == "node.platform.os" then $node.os
      elif $known == "node.platform.arch" then $node.arch
      elif ($known | startswith("node.labels.")) then $node.labels[$key[12:]] // ""
      elif ($known | startswith("engine.labels.")) then $node.engine[$key[14:]] // ""
      else null end;
  def meets($node):
    capture("^\\s*(?<key>[^=!\\s]+)\\s*(?<op>==|!=)\\s*(?<value>.*?)\\s*$") as $c
    | fact($c.key; $node) as $fact
    | $fact == null or (($fact | folded) == ($c.value | folded)) == ($c.op == "==");

  . as [$nodes, $services, $tasks]
  | [$tasks[] | select(.NodeID != null and (.Status.State
      | IN("assigned", "accepted", "preparing", "ready", "starting", "running")))] as $active
  | (reduce $services[] as $s ({}; .[$s.ID] = {
      id: $s.ID, name: $s.Spec.Name,
      moves: ((($s.Spec.Mode.Replicated != null) or ($s.Spec.Mode.ReplicatedJob != null))
        and $s.Spec.TaskTemplate.RestartPolicy.Condition != "none"),
      constraints: ($s.Spec.TaskTemplate.Placement.Constraints // []),
      most: ($s.Spec.TaskTemplate.Placement.MaxReplicas // 0),
      platforms: ($s.Spec.TaskTemplate.Placement.Platforms // []),
      cpu: ($s.Spec.TaskTemplate.Resources.Reservations.NanoCPUs // 0),
      memory: ($s.Spec.TaskTemplate.Resources.Reservations.MemoryBytes // 0),
      ports: [($s.Spec.EndpointSpec.Ports // [])[] | select(.PublishMode == "host" and (.PublishedPort // 0) > 0) | port]
    })) as $known
  | [$nodes[] | select(.Status.State == "ready" and .Spec.Availability == "active")
      | select(.ID as $id | $leaving | index($id) == null)
      | . as $n | [$active[] | select(.NodeID == $n.ID)] as $here
      | { id: .ID, name: .Description.Hostname, role: .Spec.Role, labels: (.Spec.Labels // {}),
          engine: (.Description.Engine.Labels // {}), os: .Description.Platform.OS, arch: .Description.Platform.Architecture,
          cpu: ((.Description.Resources.NanoCPUs // 0)
            - ([$here[] | .Spec.Resources.Reservations.NanoCPUs // 0] | add // 0)),
          memory: ((.Description.Resources.MemoryBytes // 0)
            - ([$here[] | .Spec.Resources.Reservations.MemoryBytes // 0] | add // 0)),
          ports: [$here[] | $known[.ServiceID] // empty | .ports[]],
          count: (reduce $here[] as $t ({}; .[$t.ServiceID] += 1)) }] as $room
  | [$active[] | select(.NodeID as $id | $leaving | index($id)) | $known[.ServiceID] // empty | select(.moves)]
  # The most demanding first: where tasks compete for room, those find it least.
  | sort_by([-(.constraints | length), -.most, -(.ports | length), -.memory, -.cpu])
  | reduce .[] as $s ({ room: $room, without: {} };
      ([.room[] | . as $n | { name, why: (
          if $s.cpu > $n.cpu then "its CPU reservation does not fit on"
          elif $s.memory > $n.memory then "its memory reservation does not fit on"
          elif any($s.constraints[]; meets($n) | not) then
            "\([$s.constraints[] | select(meets($n) | not)] | join(", ")) excludes"
          elif ($s.platforms != []) and (any($s.platforms[];
              ((.OS // "") == "" or (.OS | folded) == ($n.os | folded))
              and ((.Architecture // "") == "" or (.Architecture | architecture) == ($n.arch | architecture))) | not)
            then "its platform excludes"
          elif any($s.ports[]; . as $p | $n.ports | index($p)) then
            "host port \([$s.ports[] | select(. as $p | $n.ports | index($p))] | join(", ")) is taken on"
          elif $s.most > 0 and ($n.count[$s.id] // 0) >= $s.most then "its limit of \($s.most) per node is reached on"
          else "" end) }]) as $seen
      | ([.room | to_entries[] | select($seen[.key].why == "")
          | [-(.value.memory), (.value.count | add // 0), .key]] | min) as $best
      | if $best == null then
          .without[$s.id] = { name: $s.name, tasks: ((.without[$s.id].tasks // 0) + 1), why: ($seen | group_by(.why)
            | map("\(.[0].why) \(map(.name) | sort | join(", "))") | join("; ")) }
        else .room[$best[2]] |= (.cpu -= $s.cpu | .memory -= $s.memory | .ports += $s.ports | .count[$s.id] += 1) end)
  | [.without[] | "the service \(.name) (\(.tasks) \(if .tasks == 1 then "task" else "tasks" end)): "
      + (if .why == "" then "no other node is Ready and Active" else .why end)] | sort'

# room_without LEAVING_IDS_JSON: sets without to the services whose tasks have no room once these nodes leave, a JSON list
# of texts. False when the cluster doesn't say.
room_without() {
  local nodes services
  cluster GET /nodes </dev/null || return 1
  nodes=$reply
  cluster GET /services </dev/null || return 1
  services=$reply
  cluster GET /tasks </dev/null || return 1
  # Through pipes: an argument has at most 128 KiB.
  # shellcheck disable=SC2034 # the answer, for the caller
  without=$(printf '%s\n' "$nodes" "$services" "$reply" | jq -sc --argjson leaving "$1" "$room_program")
}
