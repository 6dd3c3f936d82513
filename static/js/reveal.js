/* A page shown in full is shown once. Its place in the browser's history becomes that of the masked page, so that a
   reload or the way back asks for that one instead of sending the form again. */
history.replaceState(null, "", location.href);
addEventListener("pageshow", (e) => {
  if (e.persisted) location.replace(location.href);
});
