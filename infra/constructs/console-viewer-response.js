/**
 * Runs in CloudFront after the cache. The release stores the page together with the policy that names its API; here that
 * becomes the header, in place of the distribution's own policy, which can't know the API's address.
 */
// biome-ignore lint/correctness/noUnusedVariables: called by its name
function handler(event) {
  const headers = event.response.headers;
  const policy = headers["x-amz-meta-content-security-policy"];
  if (policy) {
    headers["content-security-policy"] = { value: policy.value };
    delete headers["x-amz-meta-content-security-policy"];
  }
  return event.response;
}
