/** `npm run console`: the console with its sources followed as they change, against a local cloud that runs. */
import { parseArgs } from "node:util";
import { createServer, type Plugin } from "vite";
import { consoleBuild } from "../../infra/console-build.ts";
import { type Endpoints, isAlive, readEndpoints } from "../client.ts";
import { DEVELOPMENT_PORT, localConfiguration } from "./configuration.ts";

const { values } = parseArgs({ options: { data: { type: "string", default: ".local" } } });

/** Read anew each time: a local cloud that was started again may have other ports. */
async function endpoints(): Promise<Endpoints> {
  const found = readEndpoints(values.data);
  if (found !== undefined && (await isAlive(found))) return found;
  throw new Error(`no local cloud runs on ${values.data}: npm start runs one`);
}

const configuration: Plugin = {
  name: "local-cloud-configuration",
  configureServer({ middlewares }) {
    middlewares.use("/config.json", (_request, response, next) => {
      endpoints().then((found) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(localConfiguration(found)));
      }, next);
    });
  },
};

try {
  await endpoints();
  const server = await createServer({
    root: consoleBuild.source,
    plugins: [configuration],
    server: { host: "127.0.0.1", port: DEVELOPMENT_PORT, strictPort: true },
  });
  await server.listen();
  server.printUrls();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
