/* Shows the OpenAPI document that the page names. */
const place = document.querySelector('#api')

/** Says what the library only shows: its button to close a dialogue, and the field for a body. */
const spoken = () => ({
  wrapComponents: {
    CloseIcon: (Icon, { React }) =>
      function SpokenCloseIcon(props) {
        const name = React.createElement('span', { className: 'spoken' }, 'Close')
        return React.createElement(React.Fragment, null, React.createElement(Icon, props), name)
      },
    TextArea: (Area, { React }) =>
      function SpokenTextArea(props) {
        return React.createElement(Area, { ...props, 'aria-label': 'Body' })
      },
  },
})

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  plugins: [spoken],
  // Would send the document to another host.
  validatorUrl: null,
  // Would put a link into the button of each operation, which who hears the page could not use.
  deepLinking: false,
  // Keys and tokens stay in this page, until it is closed.
  persistAuthorization: false,
  displayOperationId: true,
  defaultModelsExpandDepth: -1,
})
