import { Construct } from "constructs";
import type { Platform } from "../platform.ts";
import { ServiceFunction } from "./service-function.ts";

/** Commands of the deployment's owner, given by invoking the function, which takes an IAM grant on it. */
export class PlatformAdministration extends Construct {
  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    new ServiceFunction(this, "AdministerPlatform", {
      platform,
      name: "administer-platform",
      invocation: "sync",
      memoryMb: 512,
      timeoutSeconds: 60,
    }).bindTable(platform.table, { actions: ["BatchGetItem", "GetItem", "PutItem"] });
  }
}
