// What the page does better with JavaScript. Without it, each part works by its buttons.
const PREVIEW_AFTER_MS = 400;

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.copied;
  });
}

// The preview follows what is typed. Only the newest answer is shown.
for (const form of document.querySelectorAll('form[data-preview]')) {
  let timer;
  let newest = 0;
  const refresh = async () => {
    newest += 1;
    const own = newest;
    const response = await fetch(form.dataset.preview, {
      method: 'POST',
      headers: { 'x-fragment': 'preview' },
      body: new URLSearchParams(new FormData(form)),
    });
    const text = await response.text();
    if (own === newest) document.getElementById('preview').innerHTML = text;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PREVIEW_AFTER_MS);
  };
  form.addEventListener('input', later);
  refresh();
}

// A replay goes on until everything is sent, unless the user leaves the page.
for (const form of document.querySelectorAll('form[data-go-on]')) form.requestSubmit();
