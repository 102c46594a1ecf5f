import { Construct } from "constructs";
import type { Platform } from "../platform.ts";
import { commandActions, ServiceFunction } from "./service-function.ts";

/** Commands that an operator gives by invoking the function, which takes an IAM grant on it. */
export class OperatorCommands extends Construct {
  constructor(scope: Construct, id: string, platform: Platform) {
    super(scope, id);
    new ServiceFunction(this, "RunCommand", {
      platform,
      name: "run-command",
      invocation: "sync",
      memoryMb: 512,
      timeoutSeconds: 60,
    }).bindTable(platform.table, { actions: [...commandActions, "GetItem", "Query"] });
  }
}
