/** Images of third-party programs that every stack runs. */
import type { Role } from "../../plan/roles";

/** An image. Each platform decides where a stack gets it from. */
export interface Image {
  /** Name of the program, and of the image in all registries. */
  readonly name: string;
  /** The program's version, as it prints it. */
  readonly version: string;
  /**
   * Public reference, by digest: the tag of an official image moves whenever its base is rebuilt. The digests
   * are those in public repositories that pin these tags.
   */
  readonly public: string;
  /** The Go module to build from if no public registry can be reached. `offline/images/<name>` pins all its dependencies. */
  readonly source: {
    /** The program's package. */
    readonly package: string;
    /** Variables that the linker sets so that the program prints its version: variable → value. */
    readonly stamp: Readonly<Record<string, string>>;
    /** Arguments that make it print its version. */
    readonly versionArguments: readonly string[];
  };
}

/**
 * All of them. The official images and those that are built here are used in the same way: commands start with the
 * program's subcommand or flags, and health checks call `wget`, or the program by its name.
 */
export const IMAGES = {
  /** CNCF Distribution. */
  registry: {
    name: "registry",
    version: "3.0.0",
    public: "docker.io/library/registry:3.0.0@sha256:6c5666b861f3505b116bb9aa9b25175e71210414bd010d92035ff64018f9457e",
    source: {
      package: "github.com/distribution/distribution/v3/cmd/registry",
      stamp: { "github.com/distribution/distribution/v3/version.version": "v3.0.0" },
      versionArguments: ["--version"],
    },
  },
  /** The ingress. 3.6.1 and later work with Docker engines of version 29 and later. */
  traefik: {
    name: "traefik",
    version: "3.6.7",
    public: "docker.io/library/traefik:v3.6.7@sha256:a9890c898f379c1905ee5b28342f6b408dc863f08db2dab20e46c267d1ff463a",
    source: {
      package: "github.com/traefik/traefik/v3/cmd/traefik",
      stamp: { "github.com/traefik/traefik/v3/pkg/version.Version": "3.6.7" },
      versionArguments: ["version"],
    },
  },
} as const satisfies Record<string, Image>;

/** The image of the service that runs on each host of a role. @default none */
export const IMAGE_OF: Readonly<Partial<Record<Role, Image>>> = { registry: IMAGES.registry, worker: IMAGES.traefik };

/** An image's repository, as `docker image ls` shows it: without tag and digest, nor Docker Hub's name. */
export function repositoryOf(reference: string): string {
  const [named = ""] = reference.split("@");
  return named.replace(/:[^:/]*$/, "").replace(/^docker\.io\/(library\/)?/, "");
}
