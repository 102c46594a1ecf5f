import type { FunctionRuntime, InvocationType } from "../contracts.ts";
import type { Authorizer } from "../iam/authorizer.ts";
import { functionNameOf } from "../template/build-compute.ts";
import type { TemplateModel } from "../template/model.ts";
import { AwsError, type AwsService, requireAccess } from "./call.ts";

const payloadLimitBytes: Readonly<Record<InvocationType, number>> = {
  RequestResponse: 6 * 1024 * 1024,
  Event: 1024 * 1024,
};

/** Lambda: Invoke, synchronous and asynchronous. */
export function createLambdaService(options: {
  readonly model: TemplateModel;
  readonly authorizer: Authorizer;
  readonly functions: FunctionRuntime;
}): AwsService {
  const { model, authorizer, functions } = options;
  const arns = new Map(model.functions.map(({ name, arn }) => [name, arn]));

  return async (call) => {
    const name = functionNameOf(call.pathParts[2] ?? "");
    const arn = arns.get(name) ?? `arn:aws:lambda:${model.region}:${model.account}:function:${name}`;
    requireAccess(authorizer, call, { action: "lambda:InvokeFunction", resource: arn });
    if (!arns.has(name)) throw new AwsError("ResourceNotFoundException", `Function not found: ${arn}`, { status: 404 });

    const type = invocationTypeOf(call.headers["x-amz-invocation-type"]);
    if (type === "DryRun") return { status: 204, body: "" };
    if (Buffer.byteLength(call.body) > payloadLimitBytes[type]) {
      throw new AwsError("RequestTooLargeException", `Request must be smaller than ${payloadLimitBytes[type]} bytes`, {
        status: 413,
      });
    }
    const payload = call.body === "" ? "{}" : call.body;
    if (!isJson(payload))
      throw new AwsError("InvalidRequestContentException", "Could not parse request body into json");
    const result = await functions.invoke(name, payload, type);
    if (type === "Event") return { status: 202, body: "" };
    return {
      status: result.statusCode,
      headers: {
        "X-Amz-Executed-Version": "$LATEST",
        ...(result.functionError === undefined ? {} : { "X-Amz-Function-Error": result.functionError }),
      },
      body: result.payload,
    };
  };
}

function invocationTypeOf(header: string | readonly string[] | undefined): InvocationType | "DryRun" {
  if (header === undefined || header === "RequestResponse") return "RequestResponse";
  if (header === "Event" || header === "DryRun") return header;
  throw new AwsError("InvalidParameterValueException", `InvocationType ${String(header)} is not valid`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
