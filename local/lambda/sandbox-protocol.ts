/** Messages between the host and a sandbox thread. */
export interface SandboxData {
  readonly entryFile: string;
  readonly exportName: string;
  readonly clockOffset: SharedArrayBuffer;
  readonly compileCacheDir: string;
}

export interface InvokeMessage {
  readonly requestId: string;
  readonly payload: string;
  readonly functionArn: string;
  readonly traceId: string;
  readonly timeoutMs: number;
}

export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type SandboxMessage =
  | { readonly type: "ready" }
  | { readonly type: "init-failed"; readonly error: ErrorDocument }
  | { readonly type: "returned"; readonly requestId: string; readonly payload: string }
  | { readonly type: "threw"; readonly requestId: string; readonly error: ErrorDocument };
