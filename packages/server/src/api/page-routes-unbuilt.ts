/** What stands in for the page while it is not built: needs nothing else, runs nothing; the nonce is yet to be put in. */
export const unbuiltPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>AuditFlow: the page is not built</title>
    <style nonce="__CSP_NONCE__">
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
      code { font-family: ui-monospace, monospace; }
    </style>
  </head>
  <body>
    <main>
      <h1>The page is not built</h1>
      <p>AuditFlow runs and its API answers, but the folder of the page holds no <code>index.html</code>.</p>
      <p>Run <code>npm run build</code> and reload; no restart is needed.</p>
      <p><a href="/healthz">How the services are</a> · <a href="/api/v1/alerts">The alerts as JSON</a></p>
    </main>
  </body>
</html>
`;
