/**
 * Runs in CloudFront before the cache, and in the local cloud: a path within the console is answered with its one page,
 * a file stays what it is, so that a missing one is never answered with a page. Ids in paths may have dots, so what
 * makes a file is how its name ends.
 */
// biome-ignore lint/correctness/noUnusedVariables: called by its name
function handler(event) {
  const request = event.request;
  const isFile =
    /\.(?:avif|css|gif|html|ico|jpe?g|js|json|map|mjs|pdf|png|svg|ttf|txt|wasm|webmanifest|webp|woff2?|xml)$/i;
  if (!isFile.test(request.uri)) request.uri = "/index.html";
  return request;
}
