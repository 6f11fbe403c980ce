// Before anything is drawn: the face somebody chose on this device, or else what the system asks for.
try {
  const chosen = localStorage.getItem('theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}
document.documentElement.classList.add('scripts');
