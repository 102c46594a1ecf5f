import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyResultV2 } from "aws-lambda";
import { house } from "../../shared/runtime/house.ts";

/** `GET /v2/health` for anybody, `GET /v2/whoami` for the bearer of a token: subject and organization as the API sees them. */
export const handler = house(
  async (event: Partial<APIGatewayProxyEventV2WithJWTAuthorizer>): Promise<APIGatewayProxyResultV2> => {
    const claims = event.requestContext?.authorizer?.jwt.claims;
    const data = claims === undefined ? { status: "ok" } : { sub: claims.sub, organization_id: claims.organizationId };
    return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ data }) };
  },
);
