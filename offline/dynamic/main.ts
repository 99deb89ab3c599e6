/** The provider of dynamic resources: the SDK's own. */
import { watchParent } from "../lib/watch-parent";
import "@pulumi/pulumi/cmd/dynamic-provider";

watchParent();
