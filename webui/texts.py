"""Every sentence of the interface, in Italian first and in English."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("it", "en")
"""Languages of the interface, the default first."""

TEXTS: Mapping[str, tuple[str, str]] = {
    # --- on every page ---------------------------------------------------------------------------
    "site.tagline": ("Buone pratiche di sostenibilità locale", "Good practices in local sustainability"),
    "site.skip": ("Vai al contenuto", "Skip to content"),
    "site.home": ("Agorà 21, pagina iniziale", "Agorà 21, start page"),
    "site.languages": ("Lingua del sito", "Language of the site"),
    "site.footer": (
        "Agorà 21 è la base di conoscenza delle autorità locali che lavorano per la sostenibilità: "
        "buone pratiche e studi, da leggere alla fonte.",
        "Agorà 21 is the knowledge base of the local authorities that work for sustainability: "
        "good practices and studies, to be read at the source.",
    ),
    # --- the search box --------------------------------------------------------------------------
    "search.label": ("Che cosa cerchi?", "What are you looking for?"),
    "search.help": (
        "Scrivi una domanda o qualche parola, nella tua lingua: la risposta può essere in un’altra.",
        "Write a question or a few words in your own language: the answer may be in another.",
    ),
    "search.button": ("Cerca", "Search"),
    # --- the start page --------------------------------------------------------------------------
    "start.title": ("Che cosa vuoi risolvere nel tuo Comune?", "What does your town need to solve?"),
    "start.about": (
        "Agorà 21 raccoglie ciò che città e paesi hanno già fatto per l’ambiente e per chi ci vive. "
        "Chiedi con parole tue: trovi chi ha affrontato lo stesso problema, in qualunque lingua l’abbia scritto, "
        "e la pagina che lo racconta.",
        "Agorà 21 gathers what towns and villages have already done for the environment and the people "
        "who live there. Ask in your own words: you find who faced the same problem, whatever language they wrote in, "
        "and the page that tells how.",
    ),
    "start.examples": ("Prova con una di queste domande", "Try one of these questions"),
    "start.example.1": (
        "come ridurre i rifiuti indifferenziati in un piccolo comune",
        "how to reduce residual waste in a small town",
    ),
    "start.example.2": (
        "un paese che produce più energia di quanta ne consuma",
        "a village that produces more energy than it uses",
    ),
    "start.example.3": (
        "mense scolastiche con prodotti biologici e locali",
        "school canteens with organic and local food",
    ),
    "start.example.4": (
        "strade chiuse alle auto davanti alle scuole",
        "streets closed to cars in front of schools",
    ),
    "start.counts": ("Che cosa c’è nella base di conoscenza", "What the knowledge base holds"),
    "start.latest": ("Aggiunte di recente", "Recently added"),
    "start.none": (
        "La base di conoscenza è ancora vuota: non c’è nessuna scheda pubblicata.",
        "The knowledge base is still empty: no record is published yet.",
    ),
    "start.empty-query": (
        "Scrivi almeno una parola: la ricerca ha bisogno di qualche lettera o cifra.",
        "Write at least one word: a search needs some letters or digits.",
    ),
    "count.records.one": ("scheda", "record"),
    "count.records.other": ("schede", "records"),
    "count.documents.one": ("documento", "document"),
    "count.documents.other": ("documenti", "documents"),
    "count.passages.one": ("brano", "passage"),
    "count.passages.other": ("brani", "passages"),
    "count.languages.one": ("lingua", "language"),
    "count.languages.other": ("lingue", "languages"),
    "count.countries.one": ("Paese", "country"),
    "count.countries.other": ("Paesi", "countries"),
    # --- the results -----------------------------------------------------------------------------
    "results.title": ("Risultati per “{q}”", "Results for “{q}”"),
    "results.page": ("pagina {page}", "page {page}"),
    "results.total.one": ("{n} scheda trovata", "{n} record found"),
    "results.total.other": ("{n} schede trovate", "{n} records found"),
    "results.shown": ("da {first} a {last}", "{first} to {last}"),
    "results.none": ("Nessuna scheda risponde a questa ricerca", "No record answers this search"),
    "results.none.filtered": (
        "I filtri scelti possono escludere ciò che cerchi.",
        "The filters you chose may exclude what you are looking for.",
    ),
    "results.none.unfilter": ("Ripeti la ricerca senza filtri", "Search again without filters"),
    "results.none.tip.1": (
        "Descrivi il problema con una frase intera, come lo diresti a un collega.",
        "Describe the problem in a whole sentence, as you would to a colleague.",
    ),
    "results.none.tip.2": (
        "Usa parole più comuni, o il nome di un luogo o di un progetto.",
        "Use more common words, or the name of a place or a project.",
    ),
    "results.none.tip.3": (
        "Forse nessuno l’ha ancora raccontato qui: la base di conoscenza cresce con le schede di chi partecipa.",
        "Perhaps nobody has told it here yet: the knowledge base grows with the records of those who take part.",
    ),
    "results.nearest": ("Le schede più vicine", "The nearest records"),
    "results.unsure": (
        "Probabilmente nessuna scheda risponde alla tua domanda: queste sono le più vicine.",
        "Probably no record answers your question: these are the closest.",
    ),
    "results.more.one": ("Un altro brano di questa scheda", "Another passage of this record"),
    "results.more.other": ("Altri {n} brani di questa scheda", "{n} more passages of this record"),
    "results.read": ("Leggi il brano nella scheda", "Read the passage in the record"),
    "results.open": ("Apri l’originale", "Open the original"),
    "results.open.page": ("Apri l’originale a p. {page}", "Open the original at p. {page}"),
    "filters.title": ("Restringi la ricerca", "Narrow the search"),
    "filters.jump": ("Restringi", "Narrow"),
    "filters.apply": ("Applica i filtri", "Apply the filters"),
    "filters.active": ("Filtri in uso", "Filters in use"),
    "filters.remove": ("togli il filtro", "remove the filter"),
    "filters.clear": ("Togli tutti", "Remove all"),
    "filters.counts": ("Accanto a ogni voce, le schede trovate.", "Beside each entry, the records found."),
    "filters.more.one": ("Un’altra voce", "One more entry"),
    "filters.more.other": ("Altre {n} voci", "{n} more entries"),
    "filters.chosen.one": ("{n} scelta", "{n} chosen"),
    "filters.chosen.other": ("{n} scelte", "{n} chosen"),
    "field.theme": ("Tema", "Theme"),
    "field.kind": ("Tipo", "Kind"),
    "field.country": ("Paese", "Country"),
    "field.region": ("Regione", "Region"),
    "field.population": ("Abitanti", "Inhabitants"),
    "field.territory": ("Territorio", "Territory"),
    "field.language": ("Lingua", "Language"),
    "field.sdg": ("Obiettivi di sviluppo sostenibile", "Sustainable Development Goals"),
    "field.aalborg": ("Aalborg Commitments", "Aalborg Commitments"),
    "field.instrument": ("Strumento", "Instrument"),
    "field.status": ("Stato", "Status"),
    "field.collection": ("Raccolta", "Collection"),
    "field.from": ("Dall’anno", "From the year"),
    "field.to": ("Fino all’anno", "To the year"),
    "field.within": ("Entro", "Within"),
    "field.place": ("Comune di riferimento", "Compared with"),
    "years.title": ("Anni", "Years"),
    "years.from": ("Dal", "From"),
    "years.to": ("Al", "To"),
    "place.title": ("Comuni come il mio", "Places like mine"),
    "place.label": ("Il tuo Comune", "Your municipality"),
    "place.help": (
        "Nome o codice ISTAT. A parità di risposta vengono prima i luoghi simili per abitanti, territorio, "
        "regione e vicinanza.",
        "Italian name or ISTAT code. Of records that answer alike, those from places alike in inhabitants, territory, "
        "region and distance come first.",
    ),
    "place.within": ("Solo entro (km)", "Only within (km)"),
    "place.narrow": ("Solo luoghi che con {place} hanno in comune:", "Only places that share with {place}:"),
    "place.same.population": ("gli abitanti: {band}", "the inhabitants: {band}"),
    "place.same.region": ("la regione: {region}", "the region: {region}"),
    "place.nearby": ("i dintorni, entro {km} km", "the surroundings, within {km} km"),
    "place.several": (
        "Più Comuni si chiamano “{place}”. Quale intendi? Intanto le schede non ne tengono conto.",
        "Several municipalities are called “{place}”. Which one do you mean? Until then the records ignore it.",
    ),
    "place.unknown": (
        "Nessun Comune italiano si chiama “{place}”: le schede non ne tengono conto.",
        "No Italian municipality is called “{place}”: the records ignore it.",
    ),
    "place.like": ("Forse intendevi:", "Perhaps you meant:"),
    "place.lacking": (
        "Per ordinare o restringere secondo la distanza scrivi il nome del tuo Comune: finora non se ne tiene conto.",
        "To order or narrow by distance, write the name of your municipality: until then distance is ignored.",
    ),
    "place.nowhere": (
        "Di {place} non si conoscono le coordinate: la distanza non conta. Prova con un Comune vicino.",
        "The coordinates of {place} are not known: distance is ignored. Try a municipality beside it.",
    ),
    "place.away": ("a {km}", "{km} away"),
    "sort.label": ("Ordina per", "Order by"),
    "sort.search.default": ("Pertinenza", "Relevance"),
    "sort.search.likeness": ("Pertinenza e luoghi simili", "Relevance and like places"),
    "sort.list.default": ("Più recenti", "Newest"),
    "sort.list.likeness": ("Luoghi più simili", "Most alike places"),
    "sort.relevance": ("Solo pertinenza", "Relevance alone"),
    "sort.date": ("Più recenti", "Newest"),
    "sort.distance": ("Più vicini al mio Comune", "Nearest to my municipality"),
    "browse.title": ("Tutte le schede", "All records"),
    "browse.narrowed": ("Schede scelte", "Chosen records"),
    "browse.link": ("Sfoglia tutte le schede", "Browse all records"),
    "browse.themes": ("Sfoglia per tema", "Browse by theme"),
    "browse.none": ("Nessuna scheda ha tutte queste caratteristiche", "No record has all these features"),
    "browse.none.filtered": ("Togli un filtro, o toglili tutti:", "Remove a filter, or all of them:"),
    "browse.none.unfilter": ("mostra tutte le schede", "show all records"),
    "pages.label": ("Pagine dei risultati", "Pages of results"),
    "pages.previous": ("Precedente", "Previous"),
    "pages.next": ("Successiva", "Next"),
    "pages.number": ("Pagina {n}", "Page {n}"),
    # --- a record --------------------------------------------------------------------------------
    "language.und": ("Lingua non riconosciuta", "Language not recognised"),
    "language.in": ("in {language}", "in {language}"),
    "page.one": ("p. {page}", "p. {page}"),
    "page.several": ("pp. {first}–{last}", "pp. {first}–{last}"),
    "page.labelled": ("{pages}, numero stampato {label}", "{pages}, printed number {label}"),
    "record.facts": ("In breve", "In brief"),
    "record.source": ("Fonte", "Source"),
    "record.external": ("sito esterno", "external site"),
    "record.documents": ("Documenti", "Documents"),
    "record.passages": ("Il testo, brano per brano", "The text, passage by passage"),
    "record.description": ("Descrizione della scheda", "The record’s own description"),
    "record.download": ("Scarica l’originale", "Download the original"),
    "record.pages.one": ("{n} pagina", "{n} page"),
    "record.pages.other": ("{n} pagine", "{n} pages"),
    "record.link": ("collegamento al brano {n}", "link to passage {n}"),
    "record.state": ("Stato della scheda: {state}", "State of the record: {state}"),
    "state.draft": ("bozza", "draft"),
    "state.submitted": ("in attesa di revisione", "awaiting review"),
    "state.returned": ("rimandata con commenti", "sent back with comments"),
    "state.published": ("pubblicata", "published"),
    "state.withdrawn": ("ritirata", "withdrawn"),
    "state.archived": ("archiviata", "archived"),
    "document.searchable": ("Si può cercare nel testo", "Its text can be searched"),
    "document.received": (
        "In attesa di essere letto: fra poco si potrà cercare nel testo.",
        "Waiting to be read: its text can be searched before long.",
    ),
    "document.unpacked": (
        "Contiene altri documenti, elencati qui ciascuno per sé.",
        "It holds other documents, each listed here by itself.",
    ),
    "document.notices": ("Che cosa manca o è incerto", "What is missing or uncertain"),
    "document.failed": ("Il testo non si è potuto leggere", "Its text could not be read"),
    "detail.status": ("Stato", "Status"),
    "detail.start": ("Inizio", "Start"),
    "detail.end": ("Fine", "End"),
    "detail.authors": ("Autori", "Authors"),
    "detail.year": ("Anno", "Year"),
    "detail.publisher": ("Editore", "Publisher"),
    "detail.study_type": ("Tipo di studio", "Type of study"),
    "detail.doi": ("DOI", "DOI"),
    "detail.promoter": ("Promotore", "Promoter"),
    "detail.partners": ("Partner", "Partners"),
    "detail.beneficiaries": ("Beneficiari", "Beneficiaries"),
    "detail.scale": ("Scala", "Scale"),
    "detail.territory": ("Territorio", "Territory"),
    "detail.population": ("Abitanti", "Inhabitants"),
    "detail.themes": ("Temi", "Themes"),
    "detail.instruments": ("Strumenti", "Instruments"),
    "detail.sdgs": ("Obiettivi di sviluppo sostenibile", "Sustainable Development Goals"),
    "detail.aalborg": ("Aalborg Commitments", "Aalborg Commitments"),
    "detail.keywords": ("Parole chiave", "Keywords"),
    "detail.licence": ("Licenza", "Licence"),
    # --- more like this --------------------------------------------------------------------------
    "offered.doubles": ("Documenti molto simili in altre schede", "Documents much like this one in other records"),
    "offered.percent": (
        "La percentuale è la parte del documento più breve che si ritrova nell’altro. Che cosa ne segue lo decide una "
        "persona.",
        "The percentage is the part of the shorter document that is found in the other. What follows from it is for a "
        "person to decide.",
    ),
    "offered.relation.same-bytes": ("lo stesso file", "the same file"),
    "offered.relation.same-text": ("lo stesso testo in un altro file", "the same text in another file"),
    "offered.relation.near": ("una versione dello stesso testo", "a version of the same text"),
    "offered.relation.part": ("l’uno è contenuto nell’altro", "one is contained in the other"),
    "offered.relation.translation": ("lo stesso testo in un’altra lingua", "the same text in another language"),
    "offered.versions": ("Versioni in altre lingue", "Versions in other languages"),
    "offered.show": ("Mostra le proposte ({count})", "Show the proposals ({count})"),
    "offered.proposals": ("Proposte ricavate dai documenti", "Proposals drawn from the documents"),
    "offered.confidence": (
        "Nessuno le ha ancora confermate. La percentuale dice quanto spesso una proposta così sicura è giusta.",
        "Nobody has confirmed them yet. The percentage says how often a proposal as sure as this is right.",
    ),
    "offered.where": ("leggi il brano", "read the passage"),
    "offered.unconfirmed": (
        "Ricavati dal documento, da confermare: {fields}.",
        "Drawn from the document, to be confirmed: {fields}.",
    ),
    "offered.title": ("Titolo", "Title"),
    "offered.authors": ("Autori", "Authors"),
    "offered.year": ("Anno", "Year"),
    "offered.municipality": ("Comune", "Municipality"),
    "offered.nuts": ("Regione", "Region"),
    "offered.country": ("Paese", "Country"),
    "offered.themes": ("Temi", "Themes"),
    "offered.sdgs": ("Obiettivi di sviluppo sostenibile", "Sustainable Development Goals"),
    "offered.abstract": ("Riassunto", "Abstract"),
    "similar.title": ("Esperienze simili", "Similar experiences"),
    "similar.of": ("Le schede più simili a", "The records most like"),
    "similar.about": (
        "Incolla un testo o scegli un documento, in qualunque lingua: trovi chi ha fatto qualcosa di simile, "
        "anche se l’ha raccontato in un’altra. Il tuo testo non viene conservato.",
        "Paste a text or choose a document, in any language: you find who did something like it, "
        "even if they told it in another. Your text is not kept.",
    ),
    "similar.text": ("Il tuo testo", "Your text"),
    "similar.file": ("Oppure un documento", "Or a document"),
    "similar.help": (
        "PDF, DOCX, ODT, pagina web o testo, al massimo {most} MB. Se scegli un documento, conta il documento.",
        "PDF, DOCX, ODT, web page or plain text, {most} MB at most. If you choose a document, the document counts.",
    ),
    "similar.button": ("Trova esperienze simili", "Find similar experiences"),
    "similar.link": (
        "Hai già un testo o un documento? Trova esperienze simili",
        "Do you have a text or a document? Find similar experiences",
    ),
    "similar.more": ("Tutte le esperienze simili", "All similar experiences"),
    "similar.total.one": ("La scheda più simile", "The most similar record"),
    "similar.total.other": ("Le {n} schede più simili", "The {n} most similar records"),
    "similar.none": ("Nessuna scheda da confrontare", "No record to compare"),
    "similar.nearest": (
        "In ordine di somiglianza, in tutte le lingue: le ultime possono parlare d’altro.",
        "In order of likeness, in all languages: the last may be about something else.",
    ),
    "similar.empty": (
        "Incolla qualche frase o scegli un documento: non c’è ancora nulla da confrontare.",
        "Paste a few sentences or choose a document: there is nothing to compare yet.",
    ),
    "similar.too-long": (
        "Il testo è troppo lungo: salvalo come documento e scegli quello.",
        "The text is too long: save it as a document and choose that.",
    ),
    "similar.too-large": (
        "È più grande di {most} MB: dividi il documento o riduci le immagini.",
        "It is larger than {most} MB: split the document or make its pictures smaller.",
    ),
    # --- what goes wrong -------------------------------------------------------------------------
    "error.title.400": ("La richiesta non si può capire", "The request cannot be understood"),
    "error.title.403": ("Non è permesso", "That is not allowed"),
    "error.title.404": ("La pagina non c’è", "There is no such page"),
    "error.title.405": ("Qui non si può fare", "That cannot be done here"),
    "error.title.500": ("Qualcosa si è rotto", "Something broke"),
    "error.title.503": ("Non è ancora pronto", "Not ready yet"),
    "error.400": (
        "L’indirizzo contiene qualcosa che il sito non capisce. Riparti dalla pagina iniziale.",
        "The address holds something the site does not understand. Begin again at the start page.",
    ),
    "error.403": (
        "Non hai il permesso per questa pagina. Riparti dalla pagina iniziale.",
        "You may not see this page. Begin again at the start page.",
    ),
    "error.404": (
        "Non c’è nulla a questo indirizzo, oppure non è più pubblicato. Prova a cercarlo.",
        "There is nothing at this address, or it is no longer published. Try searching for it.",
    ),
    "error.405": (
        "Questa pagina si può soltanto leggere. Riparti dalla pagina iniziale.",
        "This page can only be read. Begin again at the start page.",
    ),
    "error.500": (
        "È colpa nostra, e l’errore è stato annotato. Riprova fra qualche minuto.",
        "It is our fault, and the error has been noted. Try again in a few minutes.",
    ),
    "error.503": (
        "La ricerca non è ancora pronta. Riprova fra qualche minuto; chi gestisce il sito può usare “kb check”.",
        "Search is not ready yet. Try again in a few minutes; whoever runs the site can use “kb check”.",
    ),
    "error.invalid-filter": (
        "Uno dei filtri non esiste. Togli i filtri e ripeti la ricerca.",
        "One of the filters does not exist. Remove the filters and search again.",
    ),
    "error.query-too-long": (
        "La domanda è troppo lunga: bastano poche frasi, al massimo {most} caratteri. Accorciala e ripeti la ricerca.",
        "The question is too long: a few sentences will do, {most} characters at most. Shorten it and search again.",
    ),
    "error.invalid-page": (
        "Il numero di pagina deve essere un numero intero a partire da 1. Ripeti la ricerca dalla prima pagina.",
        "The page number has to be a whole number from 1. Search again from the first page.",
    ),
    "error.no-such-page": (
        "I risultati finiscono a pagina {last}. Torna alla prima pagina.",
        "The results end at page {last}. Go back to the first page.",
    ),
    "error.home": ("Vai alla pagina iniziale", "Go to the start page"),
    "error.first-page": ("Vai alla prima pagina dei risultati", "Go to the first page of results"),
    "error.without-filters": ("Ripeti la ricerca senza filtri", "Search again without filters"),
}


def text(key: str, language: str, /, **values: object) -> str:
    """The sentence `key` in a language of the interface, its blanks filled with `values`."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def plural(key: str, n: int, language: str, /, **values: object) -> str:
    """The sentence `key` for `n` things: `key.one` or `key.other`."""
    return text(f"{key}.{'one' if n == 1 else 'other'}", language, n=values.pop("shown", n), **values)
