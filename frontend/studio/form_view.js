// The page of a form to look at is all HTML; only its frame has to be styled.
import "./shared/studio.css";
import "./form/form.css";
