/** One function URL of the template, on a port of its own, so that paths are the function's. */
import type { FunctionRuntime, HostContext } from "../contracts.ts";
import type { FunctionUrlModel } from "../template/model.ts";
import { answerPreflight, corsHeaders } from "./cors.ts";
import { type LocalServer, serve } from "./local-server.ts";
import { buildEvent, jsonAnswer, type ProxyRequest, type ProxyResponse, readAnswer } from "./proxy-event.ts";

export interface FunctionUrlOptions {
  readonly context: HostContext;
  readonly account: string;
  readonly model: FunctionUrlModel;
  readonly port: number;
  readonly functions: FunctionRuntime;
}

/** Throws for a URL that needs signed requests: no caller could make one here. */
export async function startFunctionUrl(options: FunctionUrlOptions): Promise<LocalServer> {
  const { model, context } = options;
  if (model.authType !== "NONE") {
    throw new Error(`${model.stack}/${model.logicalId}: a function URL with AWS_IAM is not emulated`);
  }

  async function handle(request: ProxyRequest): Promise<ProxyResponse> {
    const preflight = answerPreflight(model.cors, request);
    if (preflight) return preflight;
    const event = buildEvent(request, {
      apiId: new URL(model.url).hostname.split(".")[0] ?? "local",
      account: options.account,
      stage: "$default",
      routeKey: "$default",
      domainName: request.headers.host ?? "localhost",
      nowMs: context.clock.now(),
    });
    const result = await options.functions.invoke(model.functionName, JSON.stringify(event), "RequestResponse");
    const answer = toResponse(result);
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(model.cors, request) } };
  }

  return serve({ port: options.port, handle, tooLarge: jsonAnswer(413, { Message: "Request Entity Too Large" }) });
}

function toResponse(result: Awaited<ReturnType<FunctionRuntime["invoke"]>>): ProxyResponse {
  if (result.statusCode === 429) return jsonAnswer(429, { Message: "Too Many Requests" });
  if (result.statusCode === 413) return jsonAnswer(413, { Message: "Request Entity Too Large" });
  if (result.statusCode !== 200 || result.functionError) return jsonAnswer(502, { Message: "Internal Server Error" });
  return readAnswer(result.payload);
}
