/**
 * What the console's files are answered with: by CloudFront on AWS and by the local cloud alike, so that a page which
 * breaks a rule breaks on the developer's machine first.
 */

/** The folder whose files carry a hash of their content in their names. */
export const assetFolder = "assets";

/** `cache-control` by kind. A page asks each time, or it would name assets of a release that is over. */
export const cacheControl = {
  asset: "public, max-age=31536000, immutable",
  page: "no-cache",
} as const;

/**
 * Scripts come from the console's own files only, and calls go to `connectOrigins` and nowhere else. Styles may stand
 * in the page: the component library positions its pop-ups with style attributes.
 */
export function contentSecurityPolicy(connectOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${["'self'", ...new Set(connectOrigins)].join(" ")}`,
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Headers of every answer, beside the content security policy. Paths hold ids, so no other site is told any. */
export const securityHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
} as const;

/** More of them, which CloudFront has no settings of its own for. */
export const isolationHeaders = {
  "permissions-policy":
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), " +
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), " +
    "screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** Over TLS only; a browser ignores it on plain HTTP. */
export const strictTransportSecurity = { maxAgeSeconds: 2 * 365 * 24 * 60 * 60, includeSubdomains: true } as const;
