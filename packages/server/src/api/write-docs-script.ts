// A program of its own, see `docsScript`: writes the gzipped script of the page of the API to its standard output.
import { gzipSync } from "node:zlib";
import reference from "@scalar/fastify-api-reference";
import Fastify from "fastify";

// The library gives its script out by its route alone, so it gets a server that never listens.
const http = Fastify();
await http.register(reference, { routePrefix: "/", configuration: { url: "/" } });
const { payload } = await http.inject("/js/scalar.js");
// Its schema library would else try, and fail, to evaluate text, which the page's policy forbids.
const noEvaluation = "globalThis.__zod_globalConfig={jitless:true};";
process.stdout.write(gzipSync(noEvaluation + payload));
