/** A dynamic resource that is a file: its provider's code is serialized into the state. */
import * as pulumi from "@pulumi/pulumi";

interface Inputs {
  readonly path: string;
  readonly content: string;
}

const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  async create({ path, content }) {
    const fs = await import("node:fs");
    fs.writeFileSync(path, content);
    return { id: path, outs: { path, content } };
  },
  async read(id) {
    const fs = await import("node:fs");
    // Without an id the resource is gone.
    if (!fs.existsSync(id)) return {};
    const props = { path: id, content: fs.readFileSync(id, "utf8") };
    return { id, props };
  },
  diff(_id, olds, news) {
    const replaces = olds.path === news.path ? [] : ["path"];
    return Promise.resolve({ changes: replaces.length > 0 || olds.content !== news.content, replaces });
  },
  async update(_id, _olds, { path, content }) {
    const fs = await import("node:fs");
    fs.writeFileSync(path, content);
    return { outs: { path, content } };
  },
  async delete(id) {
    const fs = await import("node:fs");
    fs.rmSync(id, { force: true });
  },
};

/** The file as a resource. */
export class FileResource extends pulumi.dynamic.Resource {
  public constructor(path: string, content: string) {
    super(provider, path.replaceAll("/", "-"), { path, content });
  }
}
