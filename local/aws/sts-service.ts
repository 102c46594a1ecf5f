import { type AwsService, notSupported } from "./call.ts";

/** STS: GetCallerIdentity, which needs no permission. */
export function createStsService(): AwsService {
  return (call) => {
    if (call.operation !== "GetCallerIdentity") throw notSupported(call);
    const account = /^arn:aws:\w+::(\d+):/.exec(call.principal.arn)?.[1] ?? "";
    const body = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${call.principal.arn}</Arn><UserId>LOCAL</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
    return { status: 200, headers: { "Content-Type": "text/xml" }, body };
  };
}
