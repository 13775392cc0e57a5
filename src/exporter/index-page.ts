/** What there is on this server, for whoever opens its address. */
export function indexPage(paths: Readonly<Record<string, string>>): string {
  const rows = Object.entries(paths).map(
    ([path, what]) => `<dt><a href="${path}">${path}</a></dt><dd>${what}</dd>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Persona Fleet</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}dd{margin:0 0 .8rem}</style>
<h1>Persona Fleet</h1>
<dl>
${rows.join('\n')}
</dl>
</html>
`;
}
