/** Damage that scripts/registry-storage.sh and the registry's collector report, and its remedies. Pure. */

/** Parts of a repository that can be damaged, what that breaks, and what helps. */
const KINDS = {
  layer: { what: "the link of a layer", breaks: "stops the collector; pushes and pulls of the layer fail with 500" },
  revision: {
    what: "the link of a manifest",
    breaks: "stops the collector; pulls of the image by digest fail with 500",
  },
  tag: { what: "the link of a tag", breaks: "stops --delete-untagged; pulls of the tag fail with 500" },
  manifest: {
    what: "a manifest that is missing, or isn't what its digest says",
    breaks: "stops the collector; the image can't be pulled",
  },
  content: { what: "a layer that is missing or empty", breaks: "the image can't be pulled" },
  blob: { what: "content under a name that is no digest", breaks: "stops the collector" },
  name: { what: "a folder whose name no repository can have", breaks: "stops the collector" },
} as const;

/** See {@link KINDS}. */
type DamageKind = keyof typeof KINDS;

/** Something damaged in the registry's storage. */
interface Damage {
  readonly kind: DamageKind;
  /** Name of the repository; `-` for what is in none. */
  readonly repository: string;
  /** File, below `docker/registry/v2` in the storage. */
  readonly path: string;
}

/** The output of scripts/registry-gc.sh. */
export interface StorageReport {
  readonly damaged: readonly Damage[];
  readonly mended: readonly Damage[];
  /** Couldn't be repaired; removed so that the collection could go on. */
  readonly lost: readonly Damage[];
  /** Unfinished uploads. @default the storage is a bucket, where they aren't counted */
  readonly uploads?: { readonly count: number; readonly kib: number };
  /** Why the collector itself stopped. @default it didn't */
  readonly stopped?: { readonly repository: string; readonly reason: string; readonly manifest?: string };
  /** All other lines. */
  readonly rest: readonly string[];
}

const LINE = /^(damaged|mended|lost)\t(\w+)\t([^\t]+)\t(.+)$/;
const UPLOADS = /^uploads\t(\d+)\t(\d+)$/;
const STOPPED = /failed to garbage collect: (.*)$/;
/** Source: distribution 3.0.0, registry/storage/garbagecollect.go: the name when it begins with it, then each manifest. */
const MARKING = /^(\S+): marking manifest (\S+)\s*$/;
const REPOSITORY = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;

/** Reads what a job has printed. */
export function storageReport(text: string): StorageReport {
  const found: Record<"damaged" | "mended" | "lost", Damage[]> = { damaged: [], mended: [], lost: [] };
  const rest: string[] = [];
  let [repository, manifest] = ["", ""];
  let uploads: StorageReport["uploads"];
  let stopped: StorageReport["stopped"];
  for (const line of text.split("\n").map((each) => each.replace(/\r$/, ""))) {
    const [, list, kind, name = "", path = ""] = LINE.exec(line) ?? [];
    const [, count, kib] = UPLOADS.exec(line) ?? [];
    const reason = STOPPED.exec(line)?.[1];
    if (list !== undefined && kind !== undefined && kind in KINDS) {
      found[list as keyof typeof found].push({ kind: kind as DamageKind, repository: name, path });
      continue;
    }
    if (count !== undefined) {
      uploads = { count: Number(count), kib: Number(kib) };
      continue;
    }
    if (reason !== undefined) {
      stopped = { repository, reason, ...(manifest === "" ? {} : { manifest }) };
    } else if (MARKING.test(line)) {
      [, repository = "", manifest = ""] = MARKING.exec(line) ?? [];
    } else if (REPOSITORY.test(line)) [repository, manifest] = [line, ""];
    rest.push(line);
  }
  return {
    ...found,
    rest,
    ...(uploads === undefined ? {} : { uploads }),
    ...(stopped === undefined ? {} : { stopped }),
  };
}

/** Whether it stops the collector. @param untagged whether it deletes manifests without a tag */
export function stopsCollector({ kind }: Damage, untagged: boolean): boolean {
  return kind !== "content" && (kind !== "tag" || untagged);
}

/** `web/shop: the link of a layer is damaged (file …): what that breaks`. */
function sentence({ kind, repository, path }: Damage): string {
  const { what, breaks } = KINDS[kind];
  const where = repository === "-" ? "" : `${repository}: `;
  return `${where}${what} is damaged, which ${breaks}. File: docker/registry/v2/${path}`;
}

/** What is damaged: one line for each, the file and the repository in it, and the command that helps. */
export function damageLines(stack: string, report: StorageReport): string[] {
  const mend = `npm run registry:gc -- ${stack} --mend`;
  const { stopped } = report;
  return [
    ...report.damaged.map((damage) => `${sentence(damage)}. ${remedy(damage, mend)}`),
    ...(stopped === undefined
      ? []
      : [
          `The collector stops in the repository ${stopped.repository || "(the first one)"}` +
            `${stopped.manifest === undefined ? "" : `, at the manifest ${stopped.manifest} or right after it`}: ` +
            `${stopped.reason}. Links that hold no digest are found by their size: docs/runbooks/registry.md, "A damaged repository"`,
        ]),
  ];
}

function remedy({ kind, repository, path }: Damage, mend: string): string {
  if (kind === "content") return `Push the image again: ${repository}`;
  if (kind === "name") return `Move the folder out of the storage: docker/registry/v2/${path}`;
  return `Repair it, and collect garbage: ${mend}`;
}

/** What was repaired and what was lost. */
export function mendedLines({ mended, lost }: StorageReport): string[] {
  return [
    ...mended.map(
      ({ kind, repository, path }) => `Repaired: ${repository}: ${KINDS[kind].what} (docker/registry/v2/${path})`,
    ),
    ...lost.map(
      ({ kind, repository, path }) =>
        `Removed, because it couldn't be repaired: ${repository}: ${KINDS[kind].what} (docker/registry/v2/${path}). Push the image again`,
    ),
  ];
}

/** The unfinished uploads; nothing where there are none. */
export function uploadsLine({ uploads }: StorageReport, collected: boolean): string[] {
  if (uploads === undefined || uploads.count === 0) return [];
  const what = `${String(uploads.count)} unfinished upload${uploads.count === 1 ? "" : "s"}, ${size(uploads.kib)}`;
  return [collected ? `Removed: ${what}` : `Would go: ${what}`];
}

/** KiB with a readable unit. */
export function size(kib: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = kib;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value >= 10 || unit === 0 ? String(Math.round(value)) : value.toFixed(1)} ${units[unit] ?? ""}`;
}
