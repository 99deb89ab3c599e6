/**
 * Most log-ins through one bastion at a time. sshd refuses some of them at random from 10 unfinished ones on (MaxStartups 10:30:100),
 * and steps of the command plugin log in at the same time.
 */
const AT_A_TIME = 8;

const taken = new Map<string, number>();
const waiting = new Map<string, (() => void)[]>();

/**
 * Waits for one of a bastion's slots.
 *
 * @param key The bastion: its address and port.
 * @returns gives the slot back; further calls do nothing
 */
export async function slotOf(key: string): Promise<() => void> {
  const count = taken.get(key) ?? 0;
  if (count < AT_A_TIME) taken.set(key, count + 1);
  else await new Promise<void>((resolve) => waiting.set(key, [...(waiting.get(key) ?? []), resolve]));
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    const [next, ...rest] = waiting.get(key) ?? [];
    if (next === undefined) taken.set(key, (taken.get(key) ?? 1) - 1);
    else {
      waiting.set(key, rest);
      next();
    }
  };
}
