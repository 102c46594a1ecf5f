import * as z from "zod";
import type { WorkflowRuntime } from "../contracts.ts";
import type { Authorizer } from "../iam/authorizer.ts";
import type { TemplateModel } from "../template/model.ts";
import {
  type AwsCall,
  AwsError,
  type AwsReply,
  type AwsService,
  json,
  notSupported,
  parseInput,
  requireAccess,
} from "./call.ts";

const startSchema = z.strictObject({
  stateMachineArn: z.string(),
  name: z
    .string()
    .regex(/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/)
    .optional(),
  input: z.string().default("{}"),
  traceHeader: z.string().optional(),
});
const describeSchema = z.strictObject({ executionArn: z.string(), includedData: z.string().optional() });
const listSchema = z.strictObject({
  stateMachineArn: z.string(),
  statusFilter: z.string().optional(),
  maxResults: z.int().optional(),
});

/** Step Functions: what is needed to start an execution and to look at it. */
export function createStatesService(options: {
  readonly model: TemplateModel;
  readonly authorizer: Authorizer;
  readonly workflows: WorkflowRuntime;
}): AwsService {
  const { model, authorizer, workflows } = options;
  const machines = new Set(model.stateMachines.map(({ arn }) => arn));

  function requireMachine(arn: string): void {
    if (machines.has(arn)) return;
    throw new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
  }

  function start(call: AwsCall): AwsReply {
    const { stateMachineArn, name, input } = parseInput(call, startSchema);
    requireAccess(authorizer, call, { action: "states:StartExecution", resource: stateMachineArn });
    requireMachine(stateMachineArn);
    try {
      JSON.parse(input);
    } catch {
      throw new AwsError("InvalidExecutionInput", "Invalid State Machine Execution Input");
    }
    try {
      const { executionArn, startedAtMs } = workflows.start(stateMachineArn, name, input);
      return json({ executionArn, startDate: startedAtMs / 1000 });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ExecutionAlreadyExists") throw error;
      throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${name ?? ""}'`);
    }
  }

  function describe(call: AwsCall): AwsReply {
    const { executionArn } = parseInput(call, describeSchema);
    requireAccess(authorizer, call, { action: "states:DescribeExecution", resource: executionArn });
    const execution = workflows.describe(executionArn);
    if (execution === undefined) {
      throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${executionArn}'`);
    }
    const { startedAtMs, stoppedAtMs, transitions: _, ...rest } = execution;
    const [machinePrefix = "", machineName = "", name = ""] = splitExecution(executionArn);
    return json({
      executionArn,
      stateMachineArn: `${machinePrefix}:stateMachine:${machineName}`,
      name,
      ...rest,
      startDate: (startedAtMs ?? 0) / 1000,
      ...(stoppedAtMs === undefined ? {} : { stopDate: stoppedAtMs / 1000 }),
    });
  }

  function list(call: AwsCall): AwsReply {
    const { stateMachineArn, statusFilter, maxResults = 100 } = parseInput(call, listSchema);
    requireAccess(authorizer, call, { action: "states:ListExecutions", resource: stateMachineArn });
    requireMachine(stateMachineArn);
    if (workflows.list === undefined) throw notSupported(call);
    const executions = workflows.list(stateMachineArn, statusFilter).slice(0, maxResults === 0 ? 100 : maxResults);
    return json({
      executions: executions.map(({ executionArn, status, startedAtMs, stoppedAtMs }) => ({
        executionArn,
        stateMachineArn,
        name: splitExecution(executionArn)[2],
        status,
        startDate: startedAtMs / 1000,
        ...(stoppedAtMs === undefined ? {} : { stopDate: stoppedAtMs / 1000 }),
      })),
    });
  }

  return (call) => {
    if (call.operation === "StartExecution") return start(call);
    if (call.operation === "DescribeExecution") return describe(call);
    if (call.operation === "ListExecutions") return list(call);
    throw notSupported(call);
  };
}

/** Prefix, state machine and execution's name in an execution's ARN. */
function splitExecution(executionArn: string): string[] {
  return /^(.*):execution:([^:]+):(.+)$/.exec(executionArn)?.slice(1) ?? [];
}
