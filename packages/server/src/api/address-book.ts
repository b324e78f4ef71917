import type { FastifyInstance } from "fastify";

/** Knows which methods an address takes, for the difference between 404 and 405. */
export function addressBook(http: FastifyInstance): { methodsAt(url: string): string[] } {
  const known: { pattern: RegExp; methods: string[] }[] = [];
  http.addHook("onRoute", ({ url, method }) => {
    // The page's catch-all says of no address that it exists.
    if (url === "/*") return;
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, "[^/]+").replace(/\*$/, ".*")}/?$`);
    known.push({ pattern, methods: [method].flat() });
  });
  return {
    methodsAt: (url) => {
      const path = url.split("?")[0] ?? url;
      return [
        ...new Set(known.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
      ];
    },
  };
}
