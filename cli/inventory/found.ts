/** A host as the file of another tool has it: an Ansible inventory, or OpenSSH's client configuration. */
export interface FoundHost {
  /** Its name there. */
  readonly name: string;
  /** All groups that it is in, those around its own included. @default the tool has no groups */
  readonly groups: readonly string[];
  /** Its variables, as text: `ansible_host`, `ansible_port`, `ansible_user`, `zone`, … */
  readonly variables: Readonly<Record<string, string>>;
  /** Name of the host that it is reached through. @default it is reached directly */
  readonly through?: string;
}

/** Groups of an inventory, before their hosts are put together. */
export interface Groups {
  /** Hosts by group, with the variables that stand beside them. */
  readonly hosts: Map<string, Map<string, Record<string, string>>>;
  /** Groups within a group. */
  readonly children: Map<string, string[]>;
  /** Variables of a whole group. */
  readonly variables: Map<string, Record<string, string>>;
}

/** No groups yet. */
export function noGroups(): Groups {
  return { hosts: new Map(), children: new Map(), variables: new Map() };
}

/**
 * The hosts of an inventory in the order of the file. A host's own variables win over those of its group, and those of a group
 * over those of the groups around it.
 */
export function hostsOf({ hosts, children, variables }: Groups): FoundHost[] {
  const around = (group: string, seen: readonly string[] = []): string[] => {
    const outer = [...children].flatMap(([parent, inner]) =>
      inner.includes(group) && !seen.includes(parent) ? [parent] : [],
    );
    return outer.flatMap((parent) => [...around(parent, [...seen, group]), parent]);
  };
  const found = new Map<string, { groups: Set<string>; own: Record<string, string> }>();
  for (const [group, members] of hosts) {
    for (const [name, own] of members) {
      const one = found.get(name) ?? { groups: new Set<string>(), own: {} };
      for (const each of [...around(group), group]) one.groups.add(each);
      Object.assign(one.own, own);
      found.set(name, one);
    }
  }
  return [...found].map(([name, { groups, own }]) => {
    const ofGroups = [...groups].map((group) => variables.get(group) ?? {});
    const all = Object.assign({}, variables.get("all"), ...ofGroups, own) as Record<string, string>;
    return { name, groups: [...groups].filter((group) => group !== "all"), variables: all };
  });
}
