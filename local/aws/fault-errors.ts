import { type AwsCall, AwsError } from "./call.ts";

/** The error that the named service really gives in the situation that a fault stands for. */
export function faultError(
  kind: "throttle" | "conflict" | "internal",
  call: Pick<AwsCall, "service" | "operation" | "body">,
) {
  const isDynamo = call.service === "dynamodb" || call.service === "dynamodbstreams";
  if (kind === "throttle") return throttled(call, isDynamo);
  if (kind === "conflict") return conflicted(call, isDynamo);
  return new AwsError(internalCodes[call.service] ?? "InternalFailure", "The service failed (injected fault).", {
    status: 500,
  });
}

const internalCodes: Readonly<Record<string, string>> = {
  cloudwatch: "InternalServiceFault",
  dynamodb: "InternalServerError",
  dynamodbstreams: "InternalServerError",
  events: "InternalException",
  lambda: "ServiceException",
  scheduler: "InternalServerException",
  secretsmanager: "InternalServiceError",
};

function throttled(call: Pick<AwsCall, "service" | "operation" | "body">, isDynamo: boolean): AwsError {
  const message = "Rate exceeded (injected fault).";
  if (call.service === "lambda") {
    return new AwsError("TooManyRequestsException", message, {
      status: 429,
      details: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" },
    });
  }
  if (call.service === "scheduler") return new AwsError("ThrottlingException", message, { status: 429 });
  if (!isDynamo || call.operation.startsWith("Transact")) return new AwsError("ThrottlingException", message);
  return new AwsError(
    "ProvisionedThroughputExceededException",
    "The level of configured provisioned throughput for the table was exceeded (injected fault).",
  );
}

function conflicted(call: Pick<AwsCall, "service" | "operation" | "body">, isDynamo: boolean): AwsError {
  if (!isDynamo)
    return new AwsError("ConflictException", "The resource is being changed (injected fault).", { status: 409 });
  if (!call.operation.startsWith("Transact")) {
    return new AwsError("TransactionConflictException", "Transaction is ongoing for the item");
  }
  const items = (JSON.parse(call.body) as { TransactItems?: unknown[] }).TransactItems ?? [];
  const reasons = items.map((_, index) =>
    index === 0 ? { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" } : { Code: "None" },
  );
  const codes = reasons.map((reason) => reason.Code).join(", ");
  return new AwsError(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { details: { CancellationReasons: reasons } },
  );
}
